// The course of one figure, small: a line without a scale. What it says in words stands beside it.
import { along, between, type Point } from "./scale.ts";

const [WIDTH, HEIGHT, EDGE] = [100, 32, 2];

/** Stretches to the width it is given. A course of one value, or of nothing but one value, is level. */
export function Spark({ values, colour = 1 }: { values: readonly number[]; colour?: number }) {
  const course = values.length > 1 ? values : [values[0] ?? 0, values[0] ?? 0];
  const [least, most] = [Math.min(...course), Math.max(...course)];
  const y = (value: number) => (most > least ? HEIGHT - EDGE - ((value - least) / (most - least)) * (HEIGHT - 2 * EDGE) : HEIGHT / 2);
  const points = course.map((value, at): Point => [(at * WIDTH) / (course.length - 1), y(value)]);
  return (
    <svg class={`spark c${colour}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="under" d={between(points, [[0, HEIGHT], [WIDTH, HEIGHT]])} />
      <path class="course" d={along(points)} />
    </svg>
  );
}
