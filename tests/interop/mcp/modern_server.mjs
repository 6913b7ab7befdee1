// A server of the second line of the SDK: speaks the protocol of 2026-07-28, and the older ones.
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import * as z from "zod/v4";

serveStdio(() => {
    const server = new McpServer({ name: "turntable-modern", version: "1.0.0" },
        { capabilities: { tools: {} } });
    server.registerTool("add",
        { description: "Adds", inputSchema: z.object({ a: z.number(), b: z.number() }) },
        async ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }));
    return server;
});
