// Orders that come twice: through a shop of their own, and through a store of a connection that gathers many shops.
import { useState } from "preact/hooks";
import type { MirrorOut, MirrorsOut, MirrorsSavedOut } from "../wire.d.ts";
import { session, write } from "../api.ts";
import { count, counted, dayName } from "../format.ts";
import { look } from "../live.ts";
import { useLoad } from "../load.ts";
import { to } from "../router.ts";
import { useSend } from "./form.tsx";
import { Card } from "./page.tsx";
import { Notice, Region } from "./region.tsx";
import { Tag } from "./tag.tsx";

/** Mostly there are none, so nothing is shown until some are known, or cannot be asked for. */
export function Mirrors({ at, moved }: { at: string; moved: unknown }) {
  const mirrors = useLoad<MirrorsOut>(`${at}/mirrors`, moved);
  if (!mirrors.data?.items.length && !mirrors.failed) return null;
  return (
    <Card title="Orders that come twice">
      <Region of={mirrors} what="the orders that come twice" rows={2}>{({ items }) => <Listed items={items} at={at} again={mirrors.again} />}</Region>
    </Card>
  );
}

const keyOf = ({ store_id, connection_id }: MirrorOut) => `${store_id} ${connection_id}`;

function Listed({ items, at, again }: { items: readonly MirrorOut[]; at: string; again: () => void }) {
  const { said, send } = useSend(); // one at a time; the button stays enabled, or it would lose focus
  const [saved, tell] = useState<{ text: string; sync: string | null } | null>(null);
  const may = session.value?.user.role !== "viewer";

  /** All links of the connection are sent, this one turned around. */
  async function turn(mirror: MirrorOut) {
    const links = items.filter((one) => (one === mirror ? !one.linked : one.linked)).map(({ store_id, connection_id }) => ({ store_id, connection_id }));
    const { sync_id } = await write<MirrorsSavedOut>("PUT", `${at}/mirrors`, { links });
    tell({ sync: sync_id, text: mirror.linked ? `${mirror.store_name} is no longer linked: its orders count again.` : `${mirror.store_name} is linked: each of its orders counts once.` });
    look();
    again();
  }
  return (
    <>
      {said}
      {saved && <Notice kind="good"><p role="status"><b>{saved.text}</b> {saved.sync ? <>Days are being summed again: <a href={to(`/syncs/${encodeURIComponent(saved.sync)}`)}>see the sync</a>.</> : "No day had to be summed again."}</p></Notice>}
      <ul class="mirrors">
        {items.map((mirror) => (
          <li key={keyOf(mirror)}>
            <div>
              <p>{mirror.linked ? <Linked {...mirror} /> : <Suggested {...mirror} />}</p>
              <p class="quiet">{mirror.linked ? "Unlinking counts them twice again; days are summed again." : "Linked, its orders stay listed, marked, and no longer count; days are summed again. You can unlink whenever you like."}</p>
            </div>
            {may && <button type="button" class={mirror.linked ? "" : "main"} onClick={() => send(null, () => turn(mirror))}>{mirror.linked ? "Unlink" : "Link"}<span class="unseen"> {mirror.store_name} and {mirror.connection_name}</span></button>}
          </li>
        ))}
      </ul>
    </>
  );
}

const since = ({ from, to }: MirrorOut) => (to < new Date().toISOString().slice(0, 10) && from === to ? `on ${dayName(from)}` : `since ${dayName(from)}`);

const Suggested = (mirror: MirrorOut) => (
  <><b>{count(mirror.agreed)} of {counted(mirror.orders, "order")} of {mirror.store_name}</b> also came through <b>{mirror.connection_name}</b> {since(mirror)}: they count twice until you link them.</>
);

const Linked = (mirror: MirrorOut) => (
  <><Tag tone="good">Linked</Tag> Orders of <b>{mirror.store_name}</b> count through <b>{mirror.connection_name}</b> alone: {count(mirror.agreed)} of {count(mirror.orders)} came through both {since(mirror)}.</>
);
