// The picture of the fake program's film: a lamp, the sea, a boat, and the time, drawn anew for every moment.

const [WIDE, HIGH] = [640, 360];

export async function frameAt(atMs: number, durationMs: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(WIDE, HIGH);
  const paint = canvas.getContext("2d");
  if (!paint) return new Blob();
  const part = Math.min(1, atMs / durationMs);
  const sky = paint.createLinearGradient(0, 0, 0, HIGH * 0.62);
  sky.addColorStop(0, `hsl(${214 - part * 24} 42% ${16 + part * 34}%)`);
  sky.addColorStop(1, `hsl(${30 + part * 8} ${34 + part * 30}% ${34 + part * 32}%)`);
  paint.fillStyle = sky;
  paint.fillRect(0, 0, WIDE, HIGH);
  // The lamp turns once in six seconds.
  const turn = Math.sin((atMs / 6000) * Math.PI * 2);
  paint.fillStyle = "hsl(48 90% 80% / 0.22)";
  paint.beginPath();
  paint.moveTo(520, 128);
  paint.lineTo(520 + turn * 620, 60);
  paint.lineTo(520 + turn * 620, 190);
  paint.fill();
  paint.fillStyle = "hsl(215 24% 18%)";
  paint.beginPath();
  paint.moveTo(430, 232);
  paint.lineTo(500, 206);
  paint.lineTo(600, 214);
  paint.lineTo(640, 232);
  paint.fill();
  paint.fillStyle = "hsl(30 12% 88%)";
  paint.fillRect(512, 134, 16, 76);
  paint.fillStyle = "hsl(8 54% 44%)";
  paint.fillRect(512, 158, 16, 14);
  paint.fillRect(512, 186, 16, 14);
  paint.fillStyle = turn > -0.2 ? "hsl(48 95% 78%)" : "hsl(44 40% 50%)";
  paint.fillRect(513, 122, 14, 12);
  for (let row = 0; row < 7; row += 1) {
    paint.fillStyle = `hsl(205 ${32 + row * 3}% ${30 - row * 2.6 + part * 14}%)`;
    paint.beginPath();
    paint.moveTo(0, HIGH);
    for (let x = 0; x <= WIDE; x += 16) {
      paint.lineTo(x, 226 + row * 19 + Math.sin(x / (44 + row * 9) + atMs / (900 + row * 160)) * (3 + row));
    }
    paint.lineTo(WIDE, HIGH);
    paint.fill();
  }
  const [x, y] = [60 + part * 340, 268 + Math.sin(atMs / 1100) * 5];
  paint.fillStyle = "hsl(24 34% 22%)";
  paint.beginPath();
  paint.moveTo(x - 46, y - 8);
  paint.quadraticCurveTo(x, y + 26, x + 50, y - 12);
  paint.fill();
  for (const [at, tall] of [
    [-18, 26],
    [6, 30],
    [24, 18],
  ] as const) {
    paint.fillStyle = "hsl(215 20% 16%)";
    paint.fillRect(x + at - 4, y - 8 - tall, 8, tall);
    paint.beginPath();
    paint.arc(x + at, y - 12 - tall, 5.5, 0, Math.PI * 2);
    paint.fill();
  }
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.72 });
}
