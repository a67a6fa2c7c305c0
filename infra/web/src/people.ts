// The pages of joining and of keys, in a file of their own.
import "./core.ts";

export { Join } from "./pages/join.tsx";
export { Keys } from "./pages/keys.tsx";
