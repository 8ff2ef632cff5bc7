import type { SaidAnswer } from "./answers.ts";
import { type Fault, JSON_HEADERS, SSE_HEADERS } from "./delivery.ts";
import { fault } from "./http-faults.ts";
import type { CompletionRequest } from "./request.ts";
import { firstHalf } from "./wire-faults.ts";
import { chunk, completionJson, DONE, sseEvent } from "./wire-format.ts";

const ANSWER = "The ferry leaves from pier 3, every hour until ten at night.";
const WORDS = "the ferry leaves again and ";

/** A body that is no JSON; of a stream, an event that is none. */
export function malformedJson(): Fault {
  const broken = '{"id": "chatcmpl-1", choices: [}';
  return fault("malformed JSON", ({ stream }) =>
    stream
      ? { status: 200, headers: SSE_HEADERS, body: [sseEvent(broken), DONE] }
      : { status: 200, headers: JSON_HEADERS, body: [broken] },
  );
}

/** A body that ends in the middle of its JSON, though the response ends well; of a stream, amid an event. */
export function truncatedJson(answer: SaidAnswer = ANSWER): Fault {
  return fault("truncated JSON", ({ sound }) => firstHalf(sound(answer)));
}

/** A stream that ends between two events, without finish reason and "[DONE]"; plain, a `truncatedJson`. */
export function unfinished(answer: SaidAnswer = ANSWER): Fault {
  return fault("unfinished stream", ({ sound, stream }) => {
    const whole = sound(answer);
    if (!stream) return firstHalf(whole);
    return { ...whole, body: whole.body.slice(0, Math.ceil(whole.body.length / 2)) };
  });
}

/** A completion without choices. */
export function noChoices(): Fault {
  return fault("no choices", ({ complete, stream }) => {
    const said = complete("");
    const body = stream
      ? [sseEvent(chunk(said, [])), DONE]
      : [JSON.stringify({ ...completionJson(said), choices: [] })];
    return { status: 200, headers: stream ? SSE_HEADERS : JSON_HEADERS, body };
  });
}

/** Status 200 with an error inside, as routers between client and provider send it; of a stream, after its first half. */
export function errorInside(message = "The provider returned an error."): Fault {
  return fault("error inside", ({ sound, stream }) => {
    const error = { error: { message, type: "server_error", param: null, code: "502" } };
    if (!stream) return { status: 200, headers: JSON_HEADERS, body: [JSON.stringify(error)] };
    const { body, ...rest } = sound(ANSWER);
    return { ...rest, body: [...body.slice(0, Math.ceil(body.length / 2)), sseEvent(error)] };
  });
}

/** An answer without text: null, "", or blanks. */
export function emptyContent(content: string | null = ""): Fault {
  const name = content === null ? "content null" : content === "" ? "content empty" : "content blank";
  return says(name, () => ({ content }));
}

/** The model declines: `refusal` is filled and the content is null. */
export function refusal(text = "I'm sorry, I can't assist with that."): Fault {
  return says("refusal", () => ({ refusal: text, content: null, finishReason: "stop" }));
}

/** The provider's filter stopped the answer, of which nothing, or this much, was said before. */
export function contentFilter(content = ""): Fault {
  return says("content filter", () => ({ content, finishReason: "content_filter" }));
}

/** An answer of so many characters. */
export function huge(characters: number): Fault {
  return says("huge output", () => WORDS.repeat(Math.ceil(characters / WORDS.length)).slice(0, characters));
}

/** The user's last message as the answer. */
export function echo(): Fault {
  return says("echo", ({ messages }) => messages.findLast(({ role }) => role === "user")?.content ?? "");
}

/** A page of a proxy, or of a login, with status 200. */
export function wrongContentType(): Fault {
  const page = "<html><body>Please sign in to the network.</body></html>";
  return fault("wrong content type", () => ({
    status: 200,
    headers: { "content-type": "text/html" },
    body: [page],
  }));
}

function says(name: string, answer: (request: CompletionRequest) => SaidAnswer): Fault {
  return fault(name, ({ request, sound }) => sound(answer(request)));
}
