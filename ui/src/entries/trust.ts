import { speak } from '../lib/i18n/i18n.svelte';
import { common } from '../lib/i18n/common';
import { trust } from '../lib/i18n/trust';
import { open } from './open';
import Trust from '../views/Trust.svelte';

speak(common, trust);
open(Trust);
