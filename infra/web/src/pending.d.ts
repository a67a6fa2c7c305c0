// Shapes of pairing and of orders that come twice, until the API's own carry them; then this file goes.
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
  interface MirrorOut {
    store_id: string;
    store_name: string;
    connection_id: string;
    connection_name: string;
    agreed: number;
    orders: number;
    from: string;
    to: string;
    linked: boolean;
  }
  interface MirrorsOut {
    items: readonly MirrorOut[];
  }
  interface MirrorsSavedOut {
    sync_id: string | null;
  }
  interface OrderSaleOut {
    also_in: string | null;
  }
  interface SaleOrderOut {
    also_in: string | null;
  }
}
