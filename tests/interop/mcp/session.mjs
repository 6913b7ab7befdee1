// What every client of an SDK does with a server, whatever the line of the SDK: each answer goes to
// standard output, so that two runs can be compared.

export function tell(name, value) {
    console.log(`${name}: ${JSON.stringify(value)}`);
}

export async function attempt(name, work) {
    try {
        tell(name, await work());
    } catch (error) {
        tell(name, { code: error.code, message: error.message });
    }
}

/// The command of the server stands behind the first two words.
export function serverOf(argv) {
    return { command: argv[3], args: argv.slice(4), stderr: "ignore" };
}

async function everything(client) {
    const call = (name, args = {}) => client.callTool({ name, arguments: args });
    await attempt("tools", () => client.listTools());
    await attempt("prompts", () => client.listPrompts());
    await attempt("resources", () => client.listResources());
    await attempt("templates", () => client.listResourceTemplates());
    await attempt("echo", () => call("echo", { message: "Grüße, 世界 \u2028 \"'\\" }));
    await attempt("sum", () => call("get-sum", { a: 2, b: 40 }));
    await attempt("wrong", () => call("get-sum", { a: "x" }));
    await attempt("absent", () => call("no-such-tool"));
    await attempt("image", () => call("get-tiny-image"));
    await attempt("structured", () => call("get-structured-content", { location: "Chicago" }));
    await attempt("annotated", () => call("get-annotated-message",
        { messageType: "error", includeImage: true }));
    await attempt("many", () => Promise.all(
        Array.from({ length: 20 }, (_, i) => call("get-sum", { a: i, b: i }))));
    await attempt("prompt", () => client.getPrompt(
        { name: "args-prompt", arguments: { city: "Paris", state: "Texas" } }));
    await attempt("document", () => client.readResource(
        { uri: "demo://resource/static/document/features.md" }));
    await attempt("unknown document", () => client.readResource({ uri: "demo://none" }));
    await attempt("complete", () => client.complete(
        { ref: { type: "ref/prompt", name: "completable-prompt" },
            argument: { name: "department", value: "E" } }));
    await attempt("long", () => call("trigger-long-running-operation",
        { duration: 0.2, steps: 4 }));
    // These make the server ask the client.
    await attempt("roots", () => call("get-roots-list"));
    await attempt("sampling", () => call("trigger-sampling-request", { prompt: "hello" }));
    await attempt("elicitation", () => call("trigger-elicitation-request"));
}

/// `folder` is the one that the server may touch.
async function filesystem(client, folder) {
    const call = (name, args = {}) => client.callTool({ name, arguments: args });
    await attempt("tools", () => client.listTools());
    await attempt("roots", () => call("list_allowed_directories"));
    await attempt("write", () => call("write_file",
        { path: `${folder}/a.txt`, content: "ä\n1\n2" }));
    await attempt("read", () => call("read_text_file", { path: `${folder}/a.txt` }));
    await attempt("edit", () => call("edit_file",
        { path: `${folder}/a.txt`, edits: [{ oldText: "1", newText: "one" }] }));
    await attempt("list", () => call("list_directory", { path: folder }));
    await attempt("search", () => call("search_files", { path: folder, pattern: "**/*.txt" }));
    await attempt("outside", () => call("read_text_file", { path: "/etc/passwd" }));
    await attempt("large", () => call("write_file",
        { path: `${folder}/large.txt`, content: "0123456789".repeat(30_000) }));
    await attempt("read large", () => call("read_text_file", { path: `${folder}/large.txt` }));
}

/// Of a server of ours that speaks the protocol of 2026-07-28.
async function modern(client) {
    const call = (name, args = {}) => client.callTool({ name, arguments: args });
    await attempt("tools", () => client.listTools());
    await attempt("add", () => call("add", { a: 1, b: 2 }));
    await attempt("wrong", () => call("add", { a: "x", b: 2 }));
    await attempt("absent", () => call("none"));
    await attempt("many", () => Promise.all(
        Array.from({ length: 20 }, (_, i) => call("add", { a: i, b: i }))));
}

/// `kind` names the server, and behind `=` a folder.
export async function session(kind, client) {
    tell("server", client.getServerVersion());
    tell("capabilities", client.getServerCapabilities());
    const [name, folder] = kind.split("=");
    await { everything, filesystem, modern }[name](client, folder);
    await client.close();
}
