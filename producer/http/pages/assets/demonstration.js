// The demonstration.

export function demonstrate() {
  return;
}
