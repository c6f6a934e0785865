/** Texts of the multiview, on its own page and in the operator's. */
export const multiview = {
  'multiview.title': ['Multiview', 'Multivue'],
  'multiview.preview': ['Preview', 'Préparation'],
  'multiview.program': ['Program', 'Programme'],
  'multiview.pvw': ['PVW', 'PVW'],
  'multiview.pgm': ['PGM', 'PGM'],
  'multiview.black': ['Black', 'Noir'],
  'multiview.connecting': ['Connecting', 'Connexion'],
  'multiview.held': ['Held', 'Image figée'],
  'multiview.lost': ['No signal', 'Pas de signal'],
  'multiview.waiting': ['Waiting for pictures …', 'En attente des images…'],
  'multiview.offline': ['Connection to the core lost: reconnecting …', 'Liaison avec le moteur perdue : reconnexion…'],
  'multiview.shut': [
    'This browser has no operator’s access. Open the operator’s link again.',
    'Ce navigateur n’a pas l’accès opérateur. Rouvrez le lien de l’opérateur.',
  ],
} as const;
