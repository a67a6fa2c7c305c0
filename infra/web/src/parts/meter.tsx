// How much of the yearly allotment is used.
import type { UsageOut } from "../wire.d.ts";
import { count, counted, dayName, money } from "../format.ts";
import { path, to } from "../router.ts";
import { Notice } from "./region.tsx";

export function Meter({ usage }: { usage: UsageOut }) {
  const { allotment, used, forecast, overage } = usage;
  const until = dayName(usage.year_to, "year");
  return (
    <div class="meter">
      <p class="pair"><span>Orders used</span> <b><a href={to("/usage", { tab: "orders" })}>{count(used)}<span class="unseen"> counted orders</span></a>{allotment !== null && ` of ${count(allotment)}`}</b></p>
      {allotment !== null && <Gauge used={used} forecast={forecast} allotment={allotment} />}
      <p class="quiet">
        {used === 0 ? "Nothing counted yet." : `At this pace you use about ${count(rough(forecast))} by ${allotment === null ? until : `the renewal on ${until}`}.`}
        {allotment === null && " Your plan has no limit."}
        {used === 0 && allotment !== null && ` Renewal is ${until}.`}
        {!!overage?.orders && ` ${counted(overage.orders, "order")} beyond the allotment so far: ${money(overage.amount, overage.currency)}.`}
      </p>
    </div>
  );
}

/** A forecast is not told to the last order. */
const rough = (orders: number): number => (orders < 100 ? orders : Math.round(orders / 10 ** (String(orders).length - 2)) * 10 ** (String(orders).length - 2));

/** What is used is solid, what is foreseen until the renewal is hatched. */
function Gauge({ used, forecast, allotment }: { used: number; forecast: number; allotment: number }) {
  const part = (orders: number) => `${Math.min(100, (orders / Math.max(1, allotment)) * 100)}%`;
  return (
    <svg class="gauge" width="100%" height="10" role="img" aria-label={`${count(used)} of ${count(allotment)} orders used`}>
      <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="3" height="6" /></pattern></defs>
      <rect class="whole" width="100%" height="10" />
      {forecast > used && <rect class="ahead" width={part(forecast)} height="10" fill="url(#hatch)" />}
      <rect class="used" width={part(used)} height="10" />
    </svg>
  );
}

/** Said at 80 % and when all is used. */
export function UsageBanner({ usage }: { usage: UsageOut }) {
  const { allotment, used } = usage;
  if (allotment === null || used < allotment * 0.8) return null;
  const all = used >= allotment;
  return (
    <Notice kind={all ? "warning" : "info"}>
      <p>
        <b>{all ? `You have used all ${counted(allotment, "order")}.` : `You have used ${count(Math.floor((used * 100) / allotment))} % of your ${counted(allotment, "order")}.`}</b>{" "}
        {all ? "Syncing goes on; what comes now is overage." : "Syncing goes on as it is."} Renewal is {dayName(usage.year_to, "year")}.{path.value !== "/usage" && <> <a href={to("/usage")}>See usage</a></>}
      </p>
    </Notice>
  );
}
