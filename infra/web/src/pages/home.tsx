// The start: imports under way, the latest summaries and the allotment.
import type { ConnectionOut, ConnectionsOut, SalesOut, UsageOut } from "../wire.d.ts";
import { session } from "../api.ts";
import { live } from "../live.ts";
import { useLoad } from "../load.ts";
import { Meter } from "../parts/meter.tsx";
import { Card, Page, When } from "../parts/page.tsx";
import { Empty, Notice, Region } from "../parts/region.tsx";
import { SalesTable } from "../parts/sales-table.tsx";
import { isMoving, spokenKind, Strip } from "../parts/strip.tsx";
import { ConnectionTag, Tile } from "../parts/tag.tsx";
import { to } from "../router.ts";
import { useMoved } from "../watch.ts";

export function Home() {
  const moved = useMoved();
  const connections = useLoad<ConnectionsOut>("/connections", moved);
  const known = connections.data?.items;
  return (
    <Page title="Home" head={<h1>{session.value?.workspace.name ?? "Home"}</h1>} note="The latest of your daybook.">
      {known?.length === 0 ? (
        <Card><Empty title="Connect your first channel." action={<a class="button main" href={to("/connections")}>Connect a channel</a>}>Daybook brings in the last 90 days by itself, usually in 15 to 30 minutes.</Empty></Card>
      ) : (
        <>
          {known?.map((connection) => <Banner key={connection.id} connection={connection} again={connections.again} />)}
          <div class="columns">
            <Latest connections={known ?? []} moved={moved} />
            <aside aria-label="Channels and usage">
              <Card title="Channels" side={<a href={to("/connections")}>All</a>}>
                <Region of={connections} what="the connections" rows={2}>{({ items }) => <Channels items={items} />}</Region>
              </Card>
              <Allotment moved={moved} />
            </aside>
          </div>
        </>
      )}
    </Page>
  );
}

function Banner({ connection, again }: { connection: ConnectionOut; again: () => void }) {
  const details = <a class="button" href={to(`/connections/${encodeURIComponent(connection.id)}`)}>Details</a>;
  if (connection.state === "sign_in_needed") {
    return (
      <Notice kind="warning">
        <p><b>{spokenKind(connection.kind)} no longer accepts our access to {connection.name}.</b> What is here is safe. Connect again and we catch up by ourselves.</p>
        <p>{details}</p>
      </Notice>
    );
  }
  const syncs = live.value?.syncs.filter((sync) => sync.connection_id === connection.id && isMoving(sync)) ?? [];
  return <>{syncs.map((sync) => <Strip key={sync.id} sync={sync} connection={connection} changed={again} more={details} />)}</>;
}

function Latest({ connections, moved }: { connections: readonly ConnectionOut[]; moved: unknown }) {
  const sales = useLoad<SalesOut>("/sales?limit=5", moved);
  return (
    <Card title="Latest summaries" side={<a href={to("/orders")}>All orders</a>} tight>
      <Region of={sales} what="the latest summaries" rows={5}>
        {({ items }) =>
          items.length ? (
            <SalesTable items={items} connections={connections} label="Latest summaries" />
          ) : (
            <Empty title="Your first figures arrive as days finish.">They appear here one by one, newest first.</Empty>
          )
        }
      </Region>
    </Card>
  );
}

const Channels = ({ items }: { items: readonly ConnectionOut[] }) => (
  <ul class="rows">
    {items.map((connection) => (
      <li key={connection.id}>
        <Tile name={connection.name} colour={connection.colour} />
        <span class="two">
          <a href={to(`/connections/${encodeURIComponent(connection.id)}`)}>{connection.name}</a>
          <span class="quiet">{connection.last_synced_at ? <>Synced <When at={connection.last_synced_at} zone={connection.time_zone} /></> : "Not synced yet"}</span>
        </span>
        <ConnectionTag state={connection.state} />
      </li>
    ))}
  </ul>
);

function Allotment({ moved }: { moved: unknown }) {
  const usage = useLoad<UsageOut>("/usage", moved);
  return (
    <Card title="Yearly allotment" side={<a href={to("/usage")}>Usage</a>}>
      <Region of={usage} what="the usage" rows={1}>{(data) => <Meter usage={data} />}</Region>
    </Card>
  );
}
