/**
 * Copies plain data (objects, arrays, primitives) without recursion, so that depth cannot overflow the stack.
 * Shared and circular references stay so. Bytes are copied; other instances of classes are taken over as they are.
 * `mapText` may replace each text in it; it is told the key under which the text stands, none for one in a list. `mapKey` may
 * replace each key.
 */
export function deepCopy<T>(
  value: T,
  mapText?: (text: string, key?: string) => string,
  mapKey?: (key: string) => string,
): T {
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (typeof value === "string" && mapText !== undefined) return mapText(value) as T;
  if (!isPlain(value)) return value;
  const copies = new Map<object, object>();
  const open: object[] = [];
  const copyOf = (source: object): object => {
    const known = copies.get(source);
    if (known !== undefined) return known;
    // Long lists of ids are common and need no look at each entry.
    if (Array.isArray(source) && !source.some((item) => typeof item === "object" && item !== null)) {
      const flat: readonly unknown[] =
        mapText === undefined
          ? source.slice()
          : source.map((item: unknown) => (typeof item === "string" ? mapText(item) : item));
      copies.set(source, flat);
      return flat;
    }
    const copy: object = Array.isArray(source)
      ? []
      : Object.create(Object.getPrototypeOf(source) as object | null);
    copies.set(source, copy);
    open.push(source);
    return copy;
  };
  const result = copyOf(value) as T;
  for (let source = open.pop(); source !== undefined; source = open.pop()) {
    const target = copies.get(source) as Record<string, unknown>;
    const isList = Array.isArray(source);
    for (const [givenKey, given] of Object.entries(source)) {
      const key = isList || mapKey === undefined ? givenKey : mapKey(givenKey);
      const item: unknown =
        typeof given === "string" && mapText !== undefined
          ? mapText(given, isList ? undefined : givenKey)
          : given;
      const copied: unknown = isPlain(item)
        ? copyOf(item)
        : ArrayBuffer.isView(item)
          ? structuredClone(item)
          : item;
      // A plain assignment to "__proto__" would set the prototype instead of a field.
      if (key === "__proto__")
        Object.defineProperty(target, key, {
          value: copied,
          enumerable: true,
          writable: true,
          configurable: true,
        });
      else target[key] = copied;
    }
  }
  return result;
}

/** Freezes plain data all the way down. */
export function deepFreeze<T>(value: T): T {
  const open: unknown[] = [value];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (!isPlain(item) || Object.isFrozen(item)) continue;
    Object.freeze(item);
    open.push(...Object.values(item).filter((each) => each !== undefined));
  }
  return value;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
