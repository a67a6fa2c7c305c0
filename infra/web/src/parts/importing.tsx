// Beside figures that are not whole yet: which connections are in their first download, and from which day on all is here.
import type { ConnectionOut, SyncOut } from "../wire.d.ts";
import { dayName, dayPlus } from "../format.ts";
import { live } from "../live.ts";
import { isMoving } from "./strip.tsx";

export function Importing({ connections }: { connections: readonly ConnectionOut[] }) {
  const first = (live.value?.syncs ?? []).filter((sync) => isMoving(sync) && sync.reason === "pairing");
  return (
    <>
      {connections.map(({ id, name }) => {
        const sync = first.find(({ connection_id }) => connection_id === id);
        return sync && <p key={id} class="note">{name} is still importing: figures before {dayName(firstHere(sync))} will grow.</p>;
      })}
    </>
  );
}

/** The oldest of the days that are here, counted from the newest on. */
function firstHere({ days, to }: SyncOut): string {
  const waiting = [...days].findIndex((letter) => letter === "w" || letter === "r");
  return dayPlus(to, -Math.max(waiting - 1, 0));
}
