// The pages of figures and their charts, in a file of their own.
import "./core.ts";

export { Dashboard } from "./pages/dashboard.tsx";
export { Reports } from "./pages/reports.tsx";
