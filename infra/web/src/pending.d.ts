// Shapes of pairing until the API's own carry them; then this file goes.
import "./wire.d.ts";

declare module "./wire.d.ts" {
  interface KindField {
    required: boolean;
    default: string;
  }
  interface KindOut {
    key_fields: readonly KindField[];
  }
  interface ConnectionIn {
    name?: string;
    stores?: readonly string[];
    time_zone?: string;
    currency?: string;
  }
  interface CheckOut {
    name: string;
    domain: string;
    time_zone: string | null;
    currency: string | null;
    stores: readonly StoreOut[];
    warnings: readonly string[];
    expected_orders: number | null;
  }
  interface ConnectOut {
    authorize_url: string | null;
    pairing: string | null;
    connection: ConnectionOut | null;
  }
  interface PairingOut {
    state: "waiting" | "paired" | "refused" | "expired";
    connection_id: string | null;
    reason: string;
  }
}
