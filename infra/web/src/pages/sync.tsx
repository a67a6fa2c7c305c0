// One sync: its strip, and each of its days.
import type { ConnectionOut, SyncDayOut, SyncDaysOut, SyncOut } from "../wire.d.ts";
import { count, counted, dayName } from "../format.ts";
import { live } from "../live.ts";
import { useLoad } from "../load.ts";
import { Card, Page, When, Whole } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { isMoving, Strip, whatOf } from "../parts/strip.tsx";
import { Tag } from "../parts/tag.tsx";
import { to } from "../router.ts";
import { useMoved } from "../watch.ts";

const UP = <a href={to("/connections")}>Connections</a>;
const STATES: Record<SyncDayOut["state"], ["good" | "info" | "warning" | "error" | "plain", string]> = {
  done: ["good", "Done"],
  reading: ["info", "Being read"],
  retrying: ["warning", "Tried again"],
  failed: ["error", "Failed"],
  waiting: ["plain", "Waiting"],
  not_available: ["plain", "Not available"],
  cancelled: ["plain", "Cancelled"],
};

export function Sync({ id }: { id: string }) {
  const at = `/syncs/${encodeURIComponent(id)}`;
  const moved = useMoved({ each: true });
  const loaded = useLoad<SyncOut>(at, moved);
  const days = useLoad<SyncDaysOut>(`${at}/days?limit=200`, moved);
  const seen = live.value?.syncs.find((sync) => sync.id === id);
  return (
    <Whole of={loaded} what="this sync" title="Sync" crumb={UP}>
      {(data) => <Shown sync={seen && isMoving(data) ? seen : data} days={days} again={loaded.again} />}
    </Whole>
  );
}

type Frame = { sync: SyncOut; days: ReturnType<typeof useLoad<SyncDaysOut>>; again: () => void };

function Shown({ sync, days, again }: Frame) {
  const connection = useLoad<ConnectionOut>(`/connections/${encodeURIComponent(sync.connection_id)}`);
  const changed = () => (again(), days.again());
  return (
    <Whole of={connection} what="this sync" title="Sync" crumb={UP}>
      {(owner) => (
        <Page
          title={`Sync of ${whatOf(sync)}`}
          crumb={<>{UP} / <a href={to(`/connections/${encodeURIComponent(owner.id)}`)}>{owner.name}</a> / <span>Sync</span></>}
          note={<>Began <When at={sync.began_at} zone={owner.time_zone} /></>}
          actions={!isMoving(sync) && sync.days_done > 0 && <a class="button" href={to("/orders", { connection: owner.id, from: sync.from, to: sync.to })}>See {counted(sync.days_done, "summary", "summaries")}</a>}
        >
          <div class="large"><Strip sync={sync} connection={owner} changed={changed} more={sync.state === "sign_in_needed" && <a class="button main" href={to(`/connections/${encodeURIComponent(owner.id)}/access`)}>Give access again</a>} /></div>
          {sync.days_total > 0 && (
            <Card title="Days" tight>
              <Region of={days} what="the days" rows={6}>{({ items }) => <Days items={items} zone={owner.time_zone} />}</Region>
            </Card>
          )}
        </Page>
      )}
    </Whole>
  );
}

const Days = ({ items, zone }: { items: readonly SyncDayOut[]; zone: string }) => (
  <div class="scroll" tabIndex={0} role="region" aria-label="Days of this sync">
    <table>
      <thead>
        <tr><th scope="col">Day</th><th scope="col">State</th><th scope="col" class="figure">Orders</th><th scope="col" class="figure">New</th><th scope="col" class="figure">Tries</th></tr>
      </thead>
      <tbody>
        {items.map((day) => {
          const [tone, word] = STATES[day.state];
          return (
            <tr key={day.day}>
              <th scope="row">{day.sale_id ? <a href={to(`/orders/${encodeURIComponent(day.sale_id)}`)}>{dayName(day.day, "year")}</a> : dayName(day.day, "year")}</th>
              <td><Tag tone={tone}>{word}</Tag>{day.next_try_at && <span class="quiet"> next try <When at={day.next_try_at} zone={zone} /></span>}{day.reason && <span class="quiet"> {day.reason}</span>}</td>
              <td class="figure">{day.state === "done" ? count(day.orders) : ""}</td>
              <td class="figure">{day.state === "done" ? count(day.new_orders) : ""}</td>
              <td class="figure">{day.attempts || ""}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  </div>
);
