// A shell behind a terminal: prompt, line editor, foreground jobs and their Ctrl-C, notices.
import { ProcessGroup, type OwnedProcess } from '../processes.ts';
import type { ByteSink } from './command.ts';
import { complete } from './completion.ts';
import { KeyDecoder } from './keys.ts';
import { LineEditor, type EditorEvent } from './line-editor.ts';
import { Shell, type ShellEnvironment } from './shell.ts';
import type { Streams } from './streams.ts';
import { Terminal, type TerminalOutput, type TerminalSize } from './terminal.ts';

export interface InteractiveShellOptions {
  readonly environment: ShellEnvironment;
  /** `pts/0`. */
  readonly name: string;
  readonly size: TerminalSize;
  readonly output: TerminalOutput;
  /** Printed before the first prompt; may be empty. */
  readonly greeting: string;
  /** The shell has ended: by `exit`, Ctrl-D, a signal or `close`. */
  closed(): void;
}

export class InteractiveShell {
  readonly #options: InteractiveShellOptions;
  readonly #terminal: Terminal;
  readonly #shell: Shell;
  readonly #process: OwnedProcess;
  readonly #keys = new KeyDecoder();
  readonly #streams: Streams;
  #editor: LineEditor | undefined;
  #foreground: ProcessGroup | undefined;
  #closed = false;

  constructor(options: InteractiveShellOptions) {
    this.#options = options;
    this.#terminal = new Terminal(options.name, options.size, options.output, {
      shellInput: (bytes) => this.#shellInput(bytes),
      interrupt: (signalName) => this.#foreground?.kill(signalName),
      suspend: () =>
        this.#terminal.draw('Programs cannot be suspended here: Ctrl-C ends one, & starts one in the background.\r\n'),
      resized: () => this.#editor?.resize(this.#terminal.size.columns),
    });
    this.#shell = new Shell(options.environment, {
      name: options.name,
      columns: () => this.#terminal.size.columns,
    });
    this.#process = options.environment.processes.start('-sh', options.name);
    this.#shell.setPid(this.#process.pid);
    this.#process.signal.addEventListener('abort', () => this.close());
    const sink = this.#sharedSink();
    this.#streams = {
      stdin: (signal) => this.#terminal.openSource(signal),
      stdout: sink,
      stderr: sink,
      isTerminal: true,
    };
    if (options.greeting !== '') this.#terminal.draw(`${options.greeting.replaceAll('\n', '\r\n')}\r\n`);
    this.#prompt();
  }

  input(bytes: Uint8Array): void {
    if (!this.#closed) this.#terminal.input(bytes);
  }

  resize(size: TerminalSize): void {
    this.#terminal.resize(size);
  }

  /** Hangs up: the shell's programs are ended with SIGHUP. */
  close(): void {
    this.#end('HUP');
  }

  #end(signalName: 'HUP' | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#editor = undefined;
    this.#terminal.close();
    if (signalName !== undefined) {
      this.#foreground?.kill(signalName);
      for (const job of this.#shell.jobs) job.kill(signalName);
    }
    this.#process.ended();
    this.#options.closed();
  }

  #prompt(): void {
    if (!this.#terminal.atLineStart) this.#terminal.draw('\r\n');
    for (const line of this.#shell.jobTable.takeNotices()) this.#terminal.draw(`${line}\r\n`);
    const { services } = this.#options.environment;
    this.#editor = new LineEditor({
      prompt: `root@${services.name}:~# `,
      columns: this.#terminal.size.columns,
      history: this.#shell.historyLines,
      complete: (line, cursor) =>
        complete(line, cursor, { commands: this.#shell.commands, host: services, variables: this.#shell.variables }),
      write: (text) => this.#terminal.draw(text),
    });
    this.#editor.show();
  }

  /** Keys up to one that may end the line; what follows it belongs to whoever reads then. */
  #shellInput(bytes: Uint8Array): void {
    const length = bytes.findIndex((byte) => byte === 0x0d || byte === 0x0a || byte === 0x03 || byte === 0x04) + 1;
    const own = length === 0 ? bytes : bytes.subarray(0, length);
    for (const key of this.#keys.decode(own)) {
      const event = this.#editor?.handleKey(key);
      if (event !== undefined) this.#handle(event);
    }
    if (own.length < bytes.length && !this.#closed) this.#terminal.input(bytes.subarray(own.length));
  }

  #handle(event: EditorEvent): void {
    this.#editor = undefined;
    this.#terminal.lineEnded();
    if (event.kind === 'end') {
      this.#terminal.draw('exit\r\n');
      this.#end(undefined);
    } else if (event.kind === 'interrupt' || event.text.trim() === '') {
      if (event.kind === 'interrupt') this.#shell.interrupted();
      this.#prompt();
    } else {
      this.#shell.historyLines.add(event.text);
      void this.#run(event.text);
    }
  }

  async #run(line: string): Promise<void> {
    const group = new ProcessGroup();
    this.#foreground = group;
    this.#terminal.enterProgramMode();
    await this.#shell.runLine(line, this.#streams, group);
    this.#foreground = undefined;
    if (this.#closed) return;
    const typedAhead = this.#terminal.enterShellMode();
    if (this.#shell.exitStatus !== undefined) {
      this.#end(undefined);
      return;
    }
    this.#prompt();
    if (typedAhead.length > 0) this.input(typedAhead);
  }

  /** While the prompt stands, a background job's output is written above it. */
  #sharedSink(): ByteSink {
    return {
      write: async (data) => {
        const editor = this.#editor;
        if (editor === undefined) return this.#terminal.sink.write(data);
        editor.hide();
        const written = this.#terminal.sink.write(data);
        if (!this.#terminal.atLineStart) this.#terminal.draw('\r\n');
        this.#terminal.lineEnded();
        editor.show();
        await written;
      },
    };
  }
}
