declare module "us-atlas/states-albers-10m.json" {
  import type { GeometryCollection, Topology } from "topojson-specification";

  const atlas: Topology<{ states: GeometryCollection<{ name: string }>; nation: GeometryCollection }>;
  export default atlas;
}
