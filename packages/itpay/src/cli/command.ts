// The one place that names the package which parses command lines.
export { Command } from 'commander';
