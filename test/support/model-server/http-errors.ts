import { type Delivery, JSON_HEADERS } from "./delivery.ts";

/** The fields of an error as OpenAI writes them. */
export interface ErrorFields {
  readonly message: string;
  readonly type?: string;
  readonly code?: string | null;
  readonly param?: string | null;
}

/** A response of that status with OpenAI's error body. */
export function errorDelivery(
  status: number,
  { message, type = "invalid_request_error", param = null, code = null }: ErrorFields,
  headers: Readonly<Record<string, string>> = {},
): Delivery {
  return jsonDelivery(status, { error: { message, type, param, code } }, headers);
}

/** A response of that status with a JSON body of one's own. */
export function jsonDelivery(
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Delivery {
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: [JSON.stringify(body)] };
}
