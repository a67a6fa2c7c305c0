// The pages of connections and of the workspace, in a file of their own.
import "./core.ts";

export { Connection } from "./pages/connection.tsx";
export { Connections } from "./pages/connections.tsx";
export { Pair } from "./pages/pair.tsx";
export { Workspace } from "./pages/workspace.tsx";
