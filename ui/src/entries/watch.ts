import { speak } from '../lib/i18n/i18n.svelte';
import { common } from '../lib/i18n/common';
import { watch } from '../lib/i18n/watch';
import { open } from './open';
import Watch from '../views/Watch.svelte';

speak(common, watch);
open(Watch);
