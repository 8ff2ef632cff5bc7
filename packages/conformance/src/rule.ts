/** What not every service can do: open its storage once more, or delete single events. */
export type Need = "reopen" | "deleteEvents";

/** Something that a session service must hold, as data: an exemption names it by its id. */
export interface ConformanceRule {
  /** Stable name, such as `log-once`. */
  readonly id: string;
  /** What the rule is about, such as `log`; rules of one group stand together. */
  readonly group: string;
  /** What must hold. */
  readonly title: string;
  /** What goes wrong for users where it does not hold. */
  readonly why: string;
  /** What a service must be able to do for it; absent: nothing special. `exemptionsFor` goes by it. */
  readonly needs?: readonly Need[];
}

/** A rule with its proof: `check` throws where the rule does not hold. */
export interface CheckedRule<Kit> extends ConformanceRule {
  check(kit: Kit): Promise<void>;
}

/** The rules of one group: each entry is an id and the rest of the rule. */
export function rulesOf<Kit>(
  group: string,
  rules: Readonly<Record<string, Omit<CheckedRule<Kit>, "id" | "group">>>,
): readonly CheckedRule<Kit>[] {
  return Object.entries(rules).map(([id, rule]) => ({ id, group, ...rule }));
}

/** The rules without their proofs. */
export function asData<Kit>(rules: readonly CheckedRule<Kit>[]): readonly ConformanceRule[] {
  return rules.map(({ id, group, title, why, needs }) => ({
    id,
    group,
    title,
    why,
    ...(needs && { needs }),
  }));
}
