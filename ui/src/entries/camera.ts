import { speak } from '../lib/i18n/i18n.svelte';
import { common } from '../lib/i18n/common';
import { camera } from '../lib/i18n/camera';
import { open } from './open';
import Camera from '../views/Camera.svelte';

speak(common, camera);
open(Camera);
