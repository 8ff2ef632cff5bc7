/** What a prompt or a window holds between a pair of tags with one id; "" where there is no such pair. */
export function fenced(text: string, tag: string): string {
  return new RegExp(`<${tag} id="(\\w{8})">\\n([^]*)\\n</${tag} id="\\1">`).exec(text)?.[2] ?? "";
}
