// Where orders went: the U.S. as a map and ranked, then the countries outside, and what nobody told.
import { useState } from "preact/hooks";
import type { StateRowOut, StatesOut, StatesReportOut } from "../wire.d.ts";
import { StatesMap } from "../charts/map.tsx";
import { countryName, STATES, stepsOf } from "../charts/states.ts";
import { count, counted, share } from "../format.ts";
import { Card } from "../parts/page.tsx";
import { Empty } from "../parts/region.tsx";
import { to } from "../router.ts";
import { Against, AgainstHeads, Cash, Scroll } from "./cells.tsx";

export function StatesReport({ report, currency }: { report: StatesReportOut; currency: string }) {
  const [chosen, choose] = useState<string | null>(null);
  const found = report.currencies.find((one) => one.currency === currency);
  const all = found ? [...found.rows, found.unknown, found.outside] : [];
  const whole = all.reduce((sum, { net }) => sum + net, 0);
  if (!found || !all.some(({ net, orders }) => net || orders)) return <Card><Empty title="No sales in these days." action={<a class="button" href={to("/orders")}>All orders</a>}>Choose another range, or look at all orders.</Empty></Card>;
  return (
    <div class="columns atlas">
      <div>
        <Card title="Net sales by state">
          {found.rows.length > 0 ? <StatesMap rows={found.rows} currency={currency} whole={whole} chosen={chosen} onChoose={choose} /> : <Empty title="No state is known.">No shop told us where these orders went.</Empty>}
          <Beyond found={found} whole={whole} />
        </Card>
        {found.countries.length > 0 && <Ranking title="Outside the United States" rows={found.countries} nameOf={({ state }) => countryName(state)} currency={currency} whole={whole} />}
      </div>
      <Ranking title="State by state" rows={found.rows} nameOf={({ state }) => STATES[state] ?? state} currency={currency} whole={whole} chosen={chosen} onChoose={choose} rest={found} />
    </div>
  );
}

/** What no map of the U.S. shows. */
function Beyond({ found: { unknown, outside }, whole }: { found: StatesOut; whole: number }) {
  const parts = [
    outside.orders > 0 && `${counted(outside.orders, "order")} (${share(outside.net, whole)}) went outside the United States`,
    unknown.orders > 0 && `of ${counted(unknown.orders, "order")} (${share(unknown.net, whole)}) the shop tells no region`,
  ].filter(Boolean).join("; ");
  return parts ? <p class="note">{parts.charAt(0).toUpperCase() + parts.slice(1)}.</p> : null;
}

type Frame = { title: string; rows: readonly StateRowOut[]; nameOf: (row: StateRowOut) => string; currency: string; whole: number; chosen?: string | null; onChoose?: (state: string | null) => void; rest?: StatesOut };

function Ranking({ title, rows, nameOf, currency, whole, chosen, onChoose, rest }: Frame) {
  const { step } = stepsOf(rows.map(({ net }) => net));
  const compared = (rest?.unknown ?? rows[0])?.previous_net != null;
  const more: readonly (readonly [string, StateRowOut])[] = rest ? [["Outside the U.S.", rest.outside], ["Region not told", rest.unknown]] : [];
  return (
    <Card title={title} tight>
      <Scroll label={title}>
        <table class="report">
          <thead>
            <tr>
              <th scope="col" class="nth">Rank</th>
              <th scope="col">{rest ? "State" : "Country"}</th>
              <th scope="col" class="figure low">Orders</th>
              <th scope="col" class="figure low">Share</th>
              <th scope="col" class="figure">Net sales</th>
              <AgainstHeads compared={compared} tight />
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={row.state} class={row.state === chosen ? "pointed" : ""} onPointerEnter={() => onChoose?.(row.state)} onPointerLeave={() => onChoose?.(null)}>
                <td class="nth">{at + 1}</td>
                <th scope="row"><span class="swatched">{rest && <i class={`swatch s${step(row.net)}`} />}{nameOf(row)}</span></th>
                <td class="figure low">{count(row.orders)}</td>
                <td class="figure low">{share(row.net, whole)}</td>
                <Cash minor={row.net} currency={currency} />
                <Against now={row.net} before={row.previous_net} currency={currency} tight />
              </tr>
            ))}
          </tbody>
          {more.length > 0 && (
            <tfoot>
              {more.map(([name, row]) => (
                <tr key={name}>
                  <td class="nth" />
                  <th scope="row">{name}</th>
                  <td class="figure low">{count(row.orders)}</td>
                  <td class="figure low">{share(row.net, whole)}</td>
                  <Cash minor={row.net} currency={currency} />
                  <Against now={row.net} before={row.previous_net} currency={currency} tight />
                </tr>
              ))}
            </tfoot>
          )}
        </table>
      </Scroll>
    </Card>
  );
}
