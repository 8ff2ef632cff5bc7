import type { Transcript } from "./formats/transcript.ts";
import { call, sampleBuilder } from "./sample-builder.ts";

/**
 * A made-up session of 40 turns: a shop sends invoices twice, and a coding assistant finds out why. It holds what makes
 * folding hard: a parallel round, a call that is never answered, a correction, and facts that matter again much later.
 */
export function sampleChat(): Transcript {
  const { events, system, turn } = sampleBuilder();
  system(
    "You are the coding assistant of the Plumtree shop team. Use the tools. Never deploy without a yes.",
  );

  // The problem and its cause.
  turn(
    "Hi, Dana here. Customers get their invoice twice since Tuesday. Ticket SHOP-412. Can you look?",
    "The mailer's log shows order 88213 sent twice, four seconds apart, by two workers. I will look at the queue.",
    call(
      "read_ticket",
      { id: "SHOP-412" },
      "SHOP-412, high: 31 customers got two invoices. First report Tue 09:14.",
    ),
    call(
      "search_logs",
      { service: "mailer", query: "order 88213" },
      "09:14:02 worker-1 sent invoice order=88213\n09:14:06 worker-2 sent invoice order=88213",
    ),
  );
  turn(
    "Only high-value orders?",
    "No, amounts from 4.90 to 1,310 EUR are among the 31. It looks like timing.",
  );
  turn(
    "What changed on Tuesday?",
    "Two things: the mailer went from one worker to two (Mon 18:30), and the invoice job got a retry after 3 seconds.",
    [
      call(
        "git_log",
        { path: "services/mailer", since: "Monday" },
        "a41f9c2 Scale mailer to 2 workers (Ivo)",
      ),
      call("git_log", { path: "jobs/invoice", since: "Monday" }, "7be0d15 Retry invoice job after 3s (Dana)"),
    ],
  );
  turn(
    "Ah, the retry was me.",
    "It is harmless with one worker. With two, the second takes the job while the first still works on it.",
  );
  turn(
    "Show me the job.",
    "The lock is taken after the PDF is rendered, which takes 3 to 5 seconds. The retry comes in between.",
    call(
      "read_file",
      { path: "jobs/invoice/send.ts" },
      "export async function send(order) {\n  const pdf = await render(order);\n  await lock(order.id);\n  await mail(order.email, pdf);\n  await markSent(order.id);\n}",
    ),
  );
  turn(
    "So move the lock up?",
    "Yes, and check `sentAt` under the lock. Otherwise the second worker waits and then sends anyway.",
  );
  turn(
    "Does lock() expire?",
    "After 10 seconds (LOCK_TTL_MS). Rendering took 14 seconds at worst this week, so the lock must be renewed or longer.",
    [
      call(
        "read_file",
        { path: "lib/lock.ts" },
        "export const LOCK_TTL_MS = 10_000;\nexport async function lock(id: string) { ... }",
      ),
      call("query_metrics", { name: "render_ms", range: "7d" }, "p50 2900, p99 5100, max 14020"),
    ],
  );
  turn(
    "Let's make it 60 seconds. No renewal, I want it simple.",
    "Agreed: LOCK_TTL_MS = 60_000, no renewal.",
  );

  // The fix.
  turn(
    "Write it please.",
    "Done: the lock comes first, then a check of `sentAt`, then rendering, mailing, marking.",
    call(
      "edit_file",
      { path: "jobs/invoice/send.ts", change: "lock first, return if sentAt" },
      "1 file changed, 4 insertions, 1 deletion",
    ),
    call(
      "edit_file",
      { path: "lib/lock.ts", change: "LOCK_TTL_MS = 60_000" },
      "1 file changed, 1 insertion, 1 deletion",
    ),
  );
  turn(
    "Run the tests.",
    "46 pass, 1 fails: `lock.test.ts` expects that a lock expires after 10 seconds. I will bring it up to date.",
    call(
      "run_tests",
      { path: "." },
      "46 passed, 1 failed\nlock.test.ts > expires: expected 10000, got 60000",
    ),
  );
  turn(
    "Yes, do that.",
    "All 47 pass now.",
    call(
      "edit_file",
      { path: "lib/lock.test.ts", change: "expect LOCK_TTL_MS" },
      "1 file changed, 1 insertion, 1 deletion",
    ),
    call("run_tests", { path: "." }, "47 passed"),
  );
  turn(
    "And a test for the actual bug: two workers, one order.",
    "Added. It fails on the old code (two mails) and passes on the new one (one mail).",
    call("write_file", { path: "jobs/invoice/send.test.ts" }, "created, 38 lines"),
    call("run_tests", { path: "jobs/invoice" }, "9 passed"),
  );
  turn(
    "Branch name please with the ticket in it.",
    "It is `fix/SHOP-412-double-invoice`.",
    call("git", { args: "switch -c fix/SHOP-412-double-invoice" }, "Switched to a new branch"),
  );
  turn(
    "Commit and open a pull request, Ivo reviews.",
    "Pull request 219 is open, Ivo is asked for a review.",
    call("open_pull_request", { title: "SHOP-412: take the invoice lock first", reviewer: "ivo" }, "#219"),
  );

  // The deployment, with a call that nobody waited for.
  turn(
    "While we wait: who has to be told?",
    "The 31 customers, and accounting: a second invoice with the same number is harmless, but they will ask.",
  );
  turn(
    "Same number, sure?",
    "Yes. Both mails of order 88213 carry invoice 2024-30177; the number is given at order time.",
    call("read_mail", { order: 88213 }, "2 mails, both invoice 2024-30177, total 64.50 EUR"),
  );
  turn(
    "Good. Ivo approved. Deploy to staging.",
    "Staging runs build 1187.",
    call("deploy", { target: "staging", ref: "fix/SHOP-412-double-invoice" }, "build 1187 live on staging"),
  );
  turn(
    "Send 50 test orders there.",
    "50 orders, 50 mails, no double. The slowest took 6.2 seconds.",
    call("load_test", { target: "staging", orders: 50 }, "50 orders, 50 mails, 0 duplicates, max 6.2 s"),
  );
  turn("Deploy to production, yes from me.", "", call("deploy", { target: "production", build: 1187 }));
  turn(
    "Stop! Marketing sends the newsletter at 14:00. Can we do it after?",
    "The deployment had not begun, the queue is on hold. Marketing's slot ends at 15:00, so I suggest 15:15.",
    call("deploy_status", { target: "production" }, "waiting for approval, nothing changed"),
  );
  turn("15:15 it is.", "Noted: production at 15:15 with build 1187, and not before.");
  turn(
    "Meanwhile set the mailer back to one worker?",
    "I would: it stops the doubles at once and costs about 20 minutes of delay at peak. Shall I?",
  );
  turn(
    "Yes.",
    "The mailer runs with one worker since 13:41.",
    call("scale", { service: "mailer", workers: 1 }, "1 worker"),
  );
  turn(
    "Any doubles since?",
    "None in 25 minutes, 64 invoices.",
    call("search_logs", { service: "mailer", query: "duplicates since 13:41" }, "0 of 64"),
  );

  // A side topic, so that the facts from the beginning grow old.
  turn(
    "Other thing: the PDF footer still shows the old VAT id.",
    "The template has DE811223344. What is the new one?",
    call("search_code", { query: "VAT" }, "templates/invoice.html:88 VAT DE811223344"),
  );
  turn(
    "DE299871155",
    "Changed in the template. Invoices that were sent already keep the old one.",
    call("edit_file", { path: "templates/invoice.html", change: "VAT DE299871155" }, "1 file changed"),
  );
  turn(
    "Sorry, typo: DE299871165.",
    "Corrected: the footer now has DE299871165.",
    call("edit_file", { path: "templates/invoice.html", change: "VAT DE299871165" }, "1 file changed"),
  );
  turn(
    "Must it go into the same release?",
    "Better apart: pull request 219 is reviewed as it is. I would open a second one for the footer.",
  );
  turn(
    "Ok, second one, review by Meret.",
    "Pull request 220, Meret is asked.",
    call("open_pull_request", { title: "New VAT id in the invoice footer", reviewer: "meret" }, "#220"),
  );
  turn("How does the preview look?", "The footer fits on one line, also in the French template.", [
    call("render_preview", { template: "invoice", locale: "de" }, "ok, 1 page"),
    call("render_preview", { template: "invoice", locale: "fr" }, "ok, 1 page"),
  ]);

  // Back to the start.
  turn(
    "It's 15:15.",
    "Deploying build 1187 to production. It is live at 15:17, health checks are green.",
    call("deploy", { target: "production", build: 1187 }, "live at 15:17, 3 of 3 healthy"),
  );
  turn(
    "Back to two workers then.",
    "Two workers since 15:19.",
    call("scale", { service: "mailer", workers: 2 }, "2 workers"),
  );
  turn(
    "Watch it for a bit.",
    "30 minutes: 211 invoices, no double; one lock was waited for and then skipped, as intended.",
    call(
      "search_logs",
      { service: "mailer", query: "since 15:19" },
      "211 sent, 0 duplicates, 1 skipped (already sent)",
    ),
  );
  turn(
    "Great. Draft a mail to the 31 customers, two sentences.",
    '"You may have received your invoice twice this week; both copies are the same, and you need to pay only once. We have fixed the cause and are sorry for the confusion."',
  );
  turn(
    "Nice. To whom does it go exactly?",
    "To the 31 addresses in SHOP-412. I leave out two that wrote to support and have an answer already: 29 mails.",
    call("read_ticket", { id: "SHOP-412", part: "customers" }, "31 customers, 2 answered"),
  );
  turn("Send it.", "29 mails sent.", call("send_mail", { template: "draft", recipients: 29 }, "29 accepted"));
  turn(
    "Write the summary for the ticket.",
    "Cause: the invoice lock was taken after rendering, so the new retry let a second worker send. Fix: lock first, check `sentAt`, 60 seconds. Live at 15:17 with build 1187.",
    call("comment_ticket", { id: "SHOP-412" }, "comment added"),
  );
  turn("Close it.", "SHOP-412 is closed.", call("close_ticket", { id: "SHOP-412" }, "closed"));
  turn(
    "Is the footer merged?",
    "Not yet: Meret wants the VAT id confirmed by accounting first.",
    call("pull_request", { number: 220 }, "changes requested: please have accounting confirm the id"),
  );
  turn(
    "I'll ask them. What was the id again, and what must I remember for tomorrow?",
    "The id is DE299871165. Tomorrow: accounting's answer, then pull request 220, then the next release.",
  );

  return { id: "sample-chat", events };
}
