// The pages of connections, of keys and of the workspace, in a file of their own.
import "./core.ts";

export { Connection } from "./pages/connection.tsx";
export { Connections } from "./pages/connections.tsx";
export { Keys } from "./pages/keys.tsx";
export { Pair } from "./pages/pair.tsx";
export { Workspace } from "./pages/workspace.tsx";
export { Reset } from "./pages/reset.tsx";
