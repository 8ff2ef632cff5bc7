/**
 * The English word lists. They sharpen the ranking of English text and are silent elsewhere:
 * every measure that uses one has a counterpart that reads only numbers, rarity and position.
 */
const list = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Function words: they carry no content, so they earn nothing and do not make a sentence novel. */
export const FUNCTION_WORDS: ReadonlySet<string> = list(
  "a an the and or but if then else so of to in on at by for with from into onto over under about as than too very just also not no nor " +
    "is are was were be been being am do does did done have has had having can could will would shall should may might must " +
    "i me my mine you your yours he him his she her hers it its we us our ours they them their theirs myself yourself themselves " +
    "this that these those there here what which who whom whose when where why how all any both each few more most other some such only own same " +
    "up down out off again once one get got getting go going gone let lot much many really like know think thing things well yeah yes ok okay oh " +
    "don't didn't doesn't isn't wasn't it's i'm i've i'll i'd you're you've you'll we're we've we'll they're that's there's what's can't won't " +
    "couldn't wouldn't he's she's let's s t m d re ve ll n't",
);

/** Words that place an event in time relative to the day it is told. */
export const RELATIVE_DATES: ReadonlySet<string> = list(
  "yesterday today tonight tomorrow ago last next week weekend weeks month months year years recently lately soon earlier later since until " +
    "day days night morning afternoon evening",
);

/** Names of days and months ("may" and "march" are too often verbs to count). */
export const CALENDAR_WORDS: ReadonlySet<string> = list(
  "monday tuesday wednesday thursday friday saturday sunday january february april june july august september october november december " +
    "jan feb apr jun jul aug sep sept oct nov dec spring summer autumn winter christmas easter thanksgiving birthday anniversary",
);

/** The speaker about himself: facts of a chat are mostly told in the first person. */
export const FIRST_PERSON: ReadonlySet<string> = list(
  "i i'm i've i'll i'd my me mine we we're we've we'll our us myself",
);

/** The speaker about the listener: encouragement and courtesy more often than fact. */
export const SECOND_PERSON: ReadonlySet<string> = list(
  "you your you're you've you'll you'd yours yourself u ya",
);

/** Irregular past forms; regular ones are seen by their ending. */
export const PAST_FORMS: ReadonlySet<string> = list(
  "was were had did went got made took came saw said told found gave bought met left felt began started lost won ran ate drove wrote read " +
    "spent built sold sent taught thought brought became knew grew moved broke held kept led sang swam",
);

/** Plans, wishes, decisions and preferences: what later turns are held to. */
export const INTENT_WORDS: ReadonlySet<string> = list(
  "plan plans planning planned want wants wanted hope hoping hopes will gonna decide decided decision prefer prefers favorite favourite love loves " +
    "loved hate hates dream goal goals should must need needs agree agreed propose suggest suggested recommend because",
);

/** Praise and courtesy: warm, and nearly always without a fact. */
export const EVALUATIVE_WORDS: ReadonlySet<string> = list(
  "awesome amazing great cool wonderful nice fantastic incredible inspiring proud glad happy beautiful lovely sweet super sounds wow thanks thank " +
    "appreciate congrats congratulations good luck agree absolutely definitely totally sure kind words perfect excellent welcome sorry please",
);

/** Openers that acknowledge the turn before: they can be cut off the front of a sentence. */
export const OPENERS: ReadonlySet<string> = list(
  "yeah yes yep yup no nope oh wow hey hi hello well so okay ok right sure thanks aw aww haha hmm um uh er ah anyway alright absolutely definitely " +
    "exactly totally mm mhm great cool nice awesome and but",
);

/** Sounds of hesitation, dropped wherever they stand. */
export const HESITATIONS: ReadonlySet<string> = list("um uh uhm umm uhh er erm ah eh");

/** Small numbers written as words. */
export const NUMBER_WORDS: ReadonlySet<string> = list(
  "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand million first second third twice half dozen couple",
);

/** Abbreviations whose full stop does not end a sentence. */
export const ABBREVIATIONS: ReadonlySet<string> = list(
  "mr mrs ms dr prof st jr sr vs etc e.g i.e no fig approx inc ltd co u.s a.m p.m",
);
