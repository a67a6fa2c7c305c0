// Usage: what was counted of the yearly allotment, and where it came from.
import type { UsageOut } from "../wire.d.ts";
import { count, dayName } from "../format.ts";
import { useLoad } from "../load.ts";
import { Meter, UsageBanner } from "../parts/meter.tsx";
import { Card, Page } from "../parts/page.tsx";
import { Empty, Region } from "../parts/region.tsx";
import { useMoved } from "../watch.ts";

export function Usage() {
  const usage = useLoad<UsageOut>("/usage", useMoved());
  return (
    <Page title="Usage" note={usage.data && `${dayName(usage.data.year_from, "year")} – ${dayName(usage.data.year_to, "year")}`}>
      <Region of={usage} what="the usage" rows={4}>
        {(data) => (
          <>
            <UsageBanner usage={data} />
            <div class="columns">
              <div>
                <Card title="Yearly allotment"><Meter usage={data} /></Card>
                <Card title="By connection" tight>{data.used ? <Split usage={data} /> : <Empty title="Nothing counted yet.">Each order counts once, ever, however often it is synced.</Empty>}</Card>
              </div>
              <Card title="What counts"><p>Orders, not summaries. Each order counts once, ever, however often it is synced, summarised or rebuilt.</p></Card>
            </div>
          </>
        )}
      </Region>
    </Page>
  );
}

const Split = ({ usage }: { usage: UsageOut }) => (
  <div class="scroll" tabIndex={0} role="region" aria-label="Orders by connection">
    <table>
      <thead><tr><th scope="col">Connection</th><th scope="col" class="figure">Orders</th></tr></thead>
      <tbody>{usage.connections.map((one) => <tr key={one.connection_id}><th scope="row">{one.name}</th><td class="figure">{count(one.orders)}</td></tr>)}</tbody>
    </table>
  </div>
);
