import { speak } from '../lib/i18n/i18n.svelte';
import { common } from '../lib/i18n/common';
import { multiview } from '../lib/i18n/multiview';
import { open } from './open';
import Multiview from '../views/Multiview.svelte';

speak(common, multiview);
open(Multiview);
