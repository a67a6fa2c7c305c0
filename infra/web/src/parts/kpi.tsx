// A key figure on a card: how much, against how much before, and its course. The whole card opens the rows behind it.
import type { KpiOut } from "../wire.d.ts";
import { Spark } from "../charts/spark.tsx";
import { count, growth, money, roundMoney } from "../format.ts";

const NAMES: Record<KpiOut["name"], string> = { net_sales: "Net sales", orders: "Orders", units: "Units sold", average_order: "Average order" };
const MONEY: readonly KpiOut["name"][] = ["net_sales", "average_order"];

export function Kpi({ kpi, currency, url }: { kpi: KpiOut; currency: string; url: string }) {
  const { name, value, previous } = kpi;
  const isMoney = MONEY.includes(name);
  const words = (figure: number) => (isMoney ? roundMoney(figure, currency) : count(figure));
  return (
    <article class="card kpi link">
      <h2><a class="whole" href={url}>{NAMES[name]}</a></h2>
      <p class="much" title={isMoney && value !== null ? money(value, currency) : undefined}>{value === null ? "–" : words(value)}</p>
      <p class="then"><Change now={value} before={previous} words={words} /></p>
      <Spark values={kpi.spark.map((figure) => figure ?? 0)} />
    </article>
  );
}

/** "+12.4% from $301,744". What has no measure says only what it was. */
export function Change({ now, before, words }: { now: number | null; before: number | null; words: (figure: number) => string }) {
  if (before === null) return <> </>;
  const grown = now === null ? null : growth(now, before);
  return (
    <>
      {grown && <b class={grown.startsWith("+") ? "up" : grown.startsWith("−") ? "down" : ""}>{grown}</b>} from {words(before)}
    </>
  );
}
