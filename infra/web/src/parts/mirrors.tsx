// Orders that come twice: through a shop of their own, and through a store of a connection that gathers many shops.
import { useState } from "preact/hooks";
import type { MirrorOut, MirrorsIn, MirrorsLinkedOut, MirrorsOut } from "../wire.d.ts";
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
  const { wrong, said, send } = useSend(); // one at a time; the button stays enabled, or it would lose focus
  const [saved, tell] = useState<{ text: string; sync: string | null } | null>(null);
  const may = session.value?.user.role !== "viewer";

  /** All links of the connection are sent, this one turned around. A store is linked to one connection at a time. */
  async function turn(mirror: MirrorOut) {
    const kept = items.filter((one) => one.linked && one.store_id !== mirror.store_id);
    const links = (mirror.linked ? kept : [...kept, mirror]).map(({ store_id, connection_id }) => ({ store_id, connection_id }));
    const { sync_id } = await write<MirrorsLinkedOut>("PUT", `${at}/mirrors`, { links } satisfies MirrorsIn);
    tell({ sync: sync_id, text: mirror.linked ? `${mirror.store_name} is no longer linked: its orders count again.` : `${mirror.store_name} is linked: each of its orders counts once.` });
    look();
    again();
  }
  return (
    <>
      {said}
      {wrong["links"] && <p class="wrong">{wrong["links"]}</p>}
      {saved && <Notice kind="good"><p role="status"><b>{saved.text}</b> {saved.sync ? <>Days are being summed again: <a href={to(`/syncs/${encodeURIComponent(saved.sync)}`)}>see the sync</a>.</> : "No day had to be summed again."}</p></Notice>}
      <ul class="mirrors">
        {items.map((mirror) => (
          <li key={keyOf(mirror)}>
            <div>
              <p>{mirror.linked ? <Linked {...mirror} /> : <Suggested {...mirror} />}</p>
              <p class="quiet">{mirror.linked ? "Unlinked, they count twice again; days are summed again." : `Linked, its orders stay listed, marked, and no longer count${othersOf(mirror)}; days are summed again. You can unlink whenever you like.`}</p>
            </div>
            {may && <button type="button" class={mirror.linked || 2 * mirror.agreed < mirror.orders ? "" : "main"} onClick={() => send(null, () => turn(mirror))}>{mirror.linked ? "Unlink" : "Link"}<span class="unseen"> {mirror.store_name} and {mirror.connection_name}</span></button>}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A link is of the whole store: what came through it alone does not count any more either. */
const othersOf = ({ orders, agreed }: MirrorOut) => (orders > agreed ? `, not even the ${counted(orders - agreed, "order")} that came through it alone` : "");

const Suggested = (mirror: MirrorOut) => (
  <><b>{count(mirror.agreed)} of {counted(mirror.orders, "order")} of {mirror.store_name}</b> also came through <b>{mirror.connection_name}</b> since {dayName(mirror.from)}: they count twice until you link them.</>
);

const Linked = (mirror: MirrorOut) => (
  <><Tag tone="good">Linked</Tag> Orders of <b>{mirror.store_name}</b> count through <b>{mirror.connection_name}</b> alone: {count(mirror.agreed)} of {count(mirror.orders)} came through both since {dayName(mirror.from)}.</>
);
