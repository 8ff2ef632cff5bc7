export { chat } from "./chat.ts";
export { coding } from "./coding.ts";
export { type LyraPreset, lyra } from "./lyra.ts";
export { type PipecatPreset, pipecat } from "./pipecat.ts";
export { type TrpcAgentPreset, trpcAgent } from "./trpc-agent.ts";
