/** What comes before a refusal: regret, or what the model is. */
const BEFORE =
  /^["'“*\s]*(?:(?:I['’]?m|I am) (?:very |so |really |truly )?sorry|(?:my )?(?:sincere )?apologies|(?:I )?(?:do |must )?apologi[sz]e(?: for [^,.]{1,40})?|sorry(?: about that)?|unfortunately|regrettably|(?:as|being) an AI(?: (?:language model|model|assistant))?|however|but)\b[\s,.;:!—–-]*/i;
/** A "no" in the first person, to what one asks of a model. */
const NO =
  /^["'“*\s]*I(?: (?:just|simply|really))?(?: can(?:['’]t|not| not)| won['’]t| will not|(?:['’]m| am) (?:unable|not (?:able|allowed|permitted)))(?: be able)?(?: to)?(?: \w+ly)? (?:help|assist|comply|summari[sz]e|do (?:that|this|it|so)|fulfill?|process|provide|continue|create|generate|respond|reply|answer|discuss|engage|complete|proceed|participate|share|produce|write|perform|carry out|support|accommodate|talk about|handle|offer|accept|honou?r|assess|review)\b/i;
const DECLINES =
  /^["'“*\s]*I(?: must| have to| need to| will|['’]ll|['’]m going to| am going to)?(?: \w+ly)? (?:decline|refuse)\b/i;
/** A refusal is said in a few words. */
const LONGEST = 300;

/** Whether a text is a model's refusal: in the first person, at its beginning, and in a few words. */
export function isRefusal(text: string): boolean {
  if (text.length > LONGEST) return false;
  let rest = text;
  for (let before = BEFORE.exec(rest); before !== null; before = BEFORE.exec(rest))
    rest = rest.slice(before[0].length);
  return NO.test(rest) || DECLINES.test(rest);
}
