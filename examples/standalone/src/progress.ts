const SILENT_MS = 1_000;

/** Says what a start is doing, once it takes longer than a person waits without wondering. */
export function startProgress(write: (text: string) => void = (text) => process.stderr.write(text)) {
  let latest = 'starting';
  let shown = '';
  const show = () => {
    if (latest === shown) return;
    shown = latest;
    write(`  ${latest.replace(/ ?…$/, '')} …\n`);
  };
  const timer = setTimeout(show, SILENT_MS);
  const repeat = setInterval(() => {
    if (shown !== '') show();
  }, 250);
  return {
    say: (message: string) => {
      latest = message;
    },
    end: () => {
      clearTimeout(timer);
      clearInterval(repeat);
    },
  };
}
