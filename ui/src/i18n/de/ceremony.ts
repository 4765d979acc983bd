export const ceremony = {
  meter: "Eingangspegel",
  meterGood: "gut",
  meterQuiet: "zu leise",
  meterLoud: "laut",
  meterClipped: "übersteuert",
};
