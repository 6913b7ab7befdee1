// sdk_v1.mjs everything|filesystem=FOLDER COMMAND ARGUMENTS...: a client of the first line of the
// SDK.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import {
    CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { serverOf, session } from "./session.mjs";

const client = new Client({ name: "turntable-interop", version: "1" },
    { capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } } });
client.setRequestHandler(ListRootsRequestSchema,
    () => ({ roots: [{ uri: "file:///srv/project", name: "project" }] }));
client.setRequestHandler(CreateMessageRequestSchema, (request) => ({
    model: "none", role: "assistant",
    content: { type: "text", text: `heard ${request.params.messages.length}` },
}));
client.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" }));
await client.connect(new StdioClientTransport(serverOf(process.argv)));
await session(process.argv[2], client);
