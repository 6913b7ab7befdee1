// sdk_v2.mjs everything|filesystem=FOLDER|modern COMMAND ARGUMENTS...: a client of the second line
// of the SDK, which finds out by itself which protocol a server speaks.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { serverOf, session } from "./session.mjs";

const client = new Client({ name: "turntable-interop", version: "2" }, {
    capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } },
    versionNegotiation: { mode: "auto" },
});
client.setRequestHandler("roots/list",
    () => ({ roots: [{ uri: "file:///srv/project", name: "project" }] }));
client.setRequestHandler("sampling/createMessage", (request) => ({
    model: "none", role: "assistant",
    content: { type: "text", text: `heard ${request.params.messages.length}` },
}));
client.setRequestHandler("elicitation/create", () => ({ action: "decline" }));
await client.connect(new StdioClientTransport(serverOf(process.argv)));
await session(process.argv[2], client);
