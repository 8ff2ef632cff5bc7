import { metrics } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type HistogramMetricData,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterEach, expect, test } from "vitest";
import * as play from "../support/model-server.ts";
import { serving, watched } from "./support.ts";

afterEach(() => metrics.disable());

/** OpenTelemetry's SDK with metrics in memory. */
function measuring(): () => Promise<readonly HistogramMetricData[]> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  return async () => {
    await provider.forceFlush();
    const { scopeMetrics = [] } = exporter.getMetrics().at(-1) ?? {};
    return scopeMetrics.flatMap((scope) => scope.metrics) as HistogramMetricData[];
  };
}

test("calls are measured by the GenAI conventions, failed ones by what they failed with", async () => {
  const measured = measuring();
  const server = await serving([play.overloaded(), "The gist."]);
  await watched({ model: server.chat() }).summarize();
  const found = await measured();
  const duration = found.find(({ descriptor }) => descriptor.name === "gen_ai.client.operation.duration");
  const tokens = found.find(({ descriptor }) => descriptor.name === "gen_ai.client.token.usage");
  const about = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
  };
  const answered = { ...about, "gen_ai.response.model": "gpt-4o-mini" };
  expect(duration?.descriptor.unit).toBe("s");
  expect(duration?.dataPoints.map(({ attributes, value }) => [attributes, value.count])).toEqual([
    [{ ...about, "error.type": "503" }, 1],
    [answered, 1],
  ]);
  expect(tokens?.descriptor.unit).toBe("{token}");
  expect(tokens?.dataPoints.map(({ attributes, value }) => [attributes, value.sum])).toEqual([
    [{ ...answered, "gen_ai.token.type": "input" }, play.USAGE.inputTokens],
    [{ ...answered, "gen_ai.token.type": "output" }, play.USAGE.outputTokens],
  ]);
});

test("`openTelemetry: false` measures nothing", async () => {
  const measured = measuring();
  const server = await serving(["The gist."]);
  await watched({ model: server.chat(), telemetry: { openTelemetry: false } }).summarize();
  expect(await measured()).toEqual([]);
});
