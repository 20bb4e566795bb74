export { checkout } from './plugin.js';
