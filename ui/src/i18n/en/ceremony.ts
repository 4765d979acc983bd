export const ceremony = {
  meter: "Input level",
  meterGood: "good",
  meterQuiet: "too quiet",
  meterLoud: "loud",
  meterClipped: "clipped",
};
