// Who bought, where individual sales are kept: ranked, with how often, since when, and who is new.
import type { ConnectionOut, CustomersReportOut } from "../wire.d.ts";
import { Bar } from "../charts/bars.tsx";
import { regionName } from "../charts/states.ts";
import { count, counted, dayName, money } from "../format.ts";
import { Card } from "../parts/page.tsx";
import { Empty } from "../parts/region.tsx";
import { Tag } from "../parts/tag.tsx";
import { query, to } from "../router.ts";
import { Cash, Scroll } from "./cells.tsx";

/** Summaries keep no customer: the way to keep them is said, and what it costs. */
export function NeedsIndividual({ connections }: { connections: readonly ConnectionOut[] }) {
  const chosen = connections.find(({ id }) => id === query.value.get("connection")) ?? connections[0];
  return (
    <Card>
      <Empty title="This report needs individual sales." action={chosen && <a class="button main" href={to(`/connections/${encodeURIComponent(chosen.id)}/settings`)}>Open order settings</a>}>
        Summaries keep no customer. Individual sales count the same towards your allotment but take more room.
      </Empty>
    </Card>
  );
}

export function CustomersReport({ report, currency }: { report: CustomersReportOut; currency: string }) {
  const found = report.currencies.find((one) => one.currency === currency);
  if (!found?.rows.length) return <Card><Empty title="No customers in these days." action={<a class="button" href={to("/orders", { type: "individual" })}>Individual sales</a>}>Days from before names were kept lack them until they are synced again.</Empty></Card>;
  const { rows, customers, new_customers, unnamed } = found;
  const most = Math.max(...rows.map(({ net }) => net), 0);
  const shown = rows.length < customers ? `Top ${count(rows.length)} of ${counted(customers, "customer")}` : counted(customers, "customer");
  return (
    <Card title={shown} side={<span class="quiet">{count(new_customers)} new, {count(customers - new_customers)} returning</span>} tight>
      <Scroll label="Customers">
        <table class="report long">
          <thead>
            <tr>
              <th scope="col" class="nth">Rank</th>
              <th scope="col">Customer</th>
              <th scope="col" class="bar-head"><span class="unseen">Net sales, as bars</span></th>
              <th scope="col" class="low">First order</th>
              <th scope="col" class="low">Last order</th>
              <th scope="col" class="figure">Orders</th>
              <th scope="col" class="figure">Net sales</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={`${row.customer} ${row.region} ${at}`}>
                <td class="nth">{at + 1}</td>
                <th scope="row"><span class="two"><span>{row.customer} {row.new ? <Tag tone="info">New</Tag> : <Tag tone="plain">Returning</Tag>}</span><span class="quiet">{row.region ? regionName(row.region) : "no region"}</span></span></th>
                <td class="bar-cell"><Bar value={row.net} most={most} /></td>
                <td class="low">{dayName(row.first_day, "year")}</td>
                <td class="low">{dayName(row.last_day, "year")}</td>
                <td class="figure">{count(row.orders)}</td>
                <td class="figure">{money(row.net, currency)}</td>
              </tr>
            ))}
          </tbody>
          {unnamed.orders > 0 && (
            <tfoot>
              <tr>
                <td class="nth" />
                <th scope="row">Customer not kept</th>
                <td class="bar-cell" />
                <td class="low" />
                <td class="low" />
                <td class="figure">{count(unnamed.orders)}</td>
                <Cash minor={unnamed.net} currency={currency} />
              </tr>
            </tfoot>
          )}
        </table>
      </Scroll>
    </Card>
  );
}
