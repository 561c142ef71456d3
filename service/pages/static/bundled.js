// Some npm packages expect a bundler to say what they are built for. Import this before them.

globalThis.process ??= { env: { NODE_ENV: "production" } };
