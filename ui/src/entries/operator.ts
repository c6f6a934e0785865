import { speak } from '../lib/i18n/i18n.svelte';
import { common } from '../lib/i18n/common';
import { multiview } from '../lib/i18n/multiview';
import { operator } from '../lib/i18n/operator';
import { open } from './open';
import Operator from '../views/Operator.svelte';

speak(common, multiview, operator);
open(Operator);
