// A QR code, in a file of its own: it is drawn once in an account's life.
import "../core.ts";
import { encode } from "uqr";

/** White around the code, without which cameras do not find it (ISO/IEC 18004 asks for four). */
const QUIET_ZONE = 4;

/** A QR code: dark on white in every theme, for that is what cameras look for. */
export function Picture({ of: text }: { of: string }) {
  const { data, size } = encode(text, { border: QUIET_ZONE });
  const dark = data.flatMap((row, y) => row.map((on, x) => (on ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code with the key for your app" shape-rendering="crispEdges"><rect width={size} height={size} /><path d={dark} /></svg>;
}
