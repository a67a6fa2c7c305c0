// The pages of what is in the books, in a file of their own.
import "./core.ts";

export { Activity } from "./pages/activity.tsx";
export { Orders } from "./pages/orders.tsx";
export { Sale } from "./pages/sale.tsx";
export { Sync } from "./pages/sync.tsx";
export { Usage } from "./pages/usage.tsx";
