import { token } from './token.js';

/** What every part of the framework may know about the installation. */
export interface Settings {
  /** Where the mount is reached from outside, without a slash at the end: `https://shop.example/itpay`. */
  readonly publicUrl: string;
}
export const Settings = token<Settings>('settings');
