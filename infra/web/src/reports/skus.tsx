// The SKUs that sold best, by net sales or by quantity, each with its bar and against before.
import type { SkuRowOut, SkusReportOut } from "../wire.d.ts";
import { Bar } from "../charts/bars.tsx";
import { count, growth, money } from "../format.ts";
import { Card } from "../parts/page.tsx";
import { Empty } from "../parts/region.tsx";
import { go, query, to, turned } from "../router.ts";
import { Against, AgainstHeads, Cash, Scroll } from "./cells.tsx";

const RANKS = { net: "Net sales", quantity: "Quantity" } as const;
type Rank = keyof typeof RANKS;

export function SkusReport({ report, currency }: { report: SkusReportOut; currency: string }) {
  const found = report.currencies.find((one) => one.currency === currency);
  const rank: Rank = query.value.get("rank") === "quantity" ? "quantity" : "net";
  if (!found?.rows.length) return <Card><Empty title="Nothing sold in these days." action={<a class="button" href={to("/orders")}>All orders</a>}>Choose another range, or look at all orders.</Empty></Card>;
  const { rows, others } = found;
  const compared = others.previous_net !== null;
  const most = Math.max(...rows.map((row) => row[rank]), 0);
  return (
    <Card title={`Top ${rows.length} of ${count(rows.length + others.skus)} SKUs`} side={<RankChoice rank={rank} />} tight>
      <Scroll label="Top SKUs">
        <table class="report long">
          <thead>
            <tr>
              <th scope="col" class="nth">Rank</th>
              <th scope="col">SKU</th>
              <th scope="col" class="bar-head"><span class="unseen">{RANKS[rank]}, as bars</span></th>
              <th scope="col" class="figure low">Units</th>
              <th scope="col" class="figure">Net sales</th>
              <AgainstHeads compared={compared} />
            </tr>
          </thead>
          <tbody>{rows.map((row, at) => <Row key={`${row.sku} ${row.name} ${at}`} row={row} at={at} rank={rank} most={most} currency={currency} />)}</tbody>
          <tfoot>
            {others.skus > 0 && (
              <tr>
                <td class="nth" />
                <th scope="row">{count(others.skus)} others</th>
                <td class="bar-cell" />
                <td class="figure low">{count(others.quantity)}</td>
                <Cash minor={others.net} currency={currency} />
                <Against now={others.net} before={others.previous_net} currency={currency} />
              </tr>
            )}
          </tfoot>
        </table>
      </Scroll>
    </Card>
  );
}

type RowFrame = { row: SkuRowOut; at: number; rank: Rank; most: number; currency: string };

function Row({ row, at, rank, most, currency }: RowFrame) {
  const grown = rank === "quantity" && row.previous_quantity !== null ? growth(row.quantity, row.previous_quantity) : null;
  return (
    <tr>
      <td class="nth">{at + 1}</td>
      <th scope="row"><span class="two"><span>{row.name || row.sku || "Without a name"}</span><span class="quiet">{row.sku ?? "no SKU"}<span class="fold">{count(row.quantity)} units</span></span></span></th>
      <td class="bar-cell"><Bar value={row[rank]} most={most} />{grown && <span class="unseen">{grown} in quantity</span>}</td>
      <td class="figure low">{count(row.quantity)}</td>
      <td class="figure">{money(row.net, currency)}</td>
      <Against now={row.net} before={row.previous_net} currency={currency} />
    </tr>
  );
}

const RankChoice = ({ rank }: { rank: Rank }) => (
  <fieldset class="segments">
    <legend class="unseen">Ranked by</legend>
    {(Object.keys(RANKS) as Rank[]).map((one) => (
      <label key={one}><input type="radio" name="rank" checked={one === rank} onChange={() => go(turned({ rank: one === "net" ? null : one }))} />{RANKS[one]}</label>
    ))}
  </fieldset>
);
