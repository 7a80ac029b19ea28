// A peer in a process of its own: one JSON request a line on stdin, one JSON answer a line on stdout.
//
//   {"call": "data_integrity.issue", "with": {...}}   ->   {"result": ...} or {"refusal": "why"}
//
// A module is loaded when it is first called. Nothing here opens a socket: what a peer may look up
// is handed to it beforehand, see documents.js.
import {createInterface} from 'node:readline';

const MODULES = new Set(['data_integrity', 'documents', 'jose', 'rdf', 'sd_jwt', 'status_list']);

async function answer(line) {
  const {call, with: given} = JSON.parse(line);
  const [module, name] = call.split('.');
  if(!MODULES.has(module)) {
    throw new Error(`no module ${module}`);
  }
  const called = (await import(`./${module}.js`))[name];
  return (await called(given)) ?? null;
}

function why(error) {
  // A peer's verifiers gather what they found into one error; each of them has a part of the reason.
  const causes = [error, error?.cause, ...(error?.errors ?? [])].flat().filter(Boolean);
  return causes.map(cause => cause.message ?? String(cause)).join('; ');
}

for await (const line of createInterface({input: process.stdin})) {
  let said;
  try {
    said = {result: await answer(line)};
  } catch(error) {
    said = {refusal: why(error)};
  }
  process.stdout.write(JSON.stringify(said) + '\n');
}
