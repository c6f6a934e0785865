/** Texts of the page that teaches a phone to trust the laptop. */
export const trust = {
  'trust.title': ['Trust this laptop', 'Faire confiance à cet ordinateur'],
  'trust.heading': ['Let this phone trust the control room', 'Faire confiance à la régie'],
  'trust.why': [
    'Régie runs on a laptop here, without the Internet. A phone gives its camera only to a page it trusts: install the laptop’s certificate once, and every show on it works.',
    'Régie tourne sur un ordinateur ici, sans Internet. Un téléphone ne prête sa caméra qu’à une page de confiance : installez une fois le certificat de l’ordinateur, et toutes ses émissions marcheront.',
  ],
  'trust.viewers': ['Only watching? Nothing to install:', 'Vous regardez seulement ? Rien à installer :'],
  'trust.watch': ['watch the show', 'regarder l’émission'],
  'trust.ios': ['iPhone, iPad', 'iPhone, iPad'],
  'trust.android': ['Android', 'Android'],
  'trust.computer': ['Computer', 'Ordinateur'],
  'trust.ios.1': ['Download the profile (in Safari) and allow it.', 'Téléchargez le profil (dans Safari) et autorisez-le.'],
  'trust.ios.2': [
    'Settings → “Profile Downloaded” → Install.',
    'Réglages → « Profil téléchargé » → Installer.',
  ],
  'trust.ios.3': [
    'Settings → General → About → Certificate Trust Settings → switch on “Régie”.',
    'Réglages → Général → Informations → Réglages des certificats → activez « Régie ».',
  ],
  'trust.ios.get': ['Download the profile', 'Télécharger le profil'],
  'trust.android.1': ['Download the certificate.', 'Téléchargez le certificat.'],
  'trust.android.2': [
    'Settings → search “CA certificate” → Install anyway.',
    'Paramètres → cherchez « certificat CA » → Installer quand même.',
  ],
  'trust.android.3': ['Choose the file “regie.crt” in Downloads.', 'Choisissez le fichier « ca.crt » dans Téléchargements.'],
  'trust.android.get': ['Download the certificate', 'Télécharger le certificat'],
  'trust.computer.1': ['Download the certificate.', 'Téléchargez le certificat.'],
  'trust.computer.2': [
    'Chrome, Edge: Settings → Privacy → Security → Manage certificates → Authorities → Import.',
    'Chrome, Edge : Paramètres → Confidentialité → Sécurité → Gérer les certificats → Autorités → Importer.',
  ],
  'trust.computer.3': [
    'Firefox: Settings → Privacy → View Certificates → Authorities → Import. Mac: open the file, then “Always Trust” in Keychain Access.',
    'Firefox : Paramètres → Vie privée → Afficher les certificats → Autorités → Importer. Mac : ouvrez le fichier, puis « Toujours approuver » dans Trousseaux d’accès.',
  ],
  'trust.check.asking': ['Checking …', 'Vérification…'],
  'trust.check.yes': ['Trusted', 'Confiance établie'],
  'trust.check.yes.text': ['This phone can be a camera now.', 'Ce téléphone peut maintenant servir de caméra.'],
  'trust.check.no': ['Not trusted yet', 'Pas encore de confiance'],
  'trust.check.no.text': ['This turns green by itself once the steps are done.', 'Ceci passe au vert tout seul une fois les étapes faites.'],
  'trust.check.unsure': ['The page is secure', 'La page est sécurisée'],
  'trust.check.unsure.text': [
    'If your browser showed no warning on the way here, all is done.',
    'Si votre navigateur n’a affiché aucun avertissement, tout est prêt.',
  ],
  'trust.join': ['Join with the camera', 'Rejoindre avec la caméra'],
  'trust.remove': [
    'After the event you may remove it in the same place. The certificate’s key never leaves the laptop.',
    'Après l’événement vous pouvez le retirer au même endroit. La clé du certificat ne quitte jamais cet ordinateur.',
  ],
  'trust.warning': [
    'In a hurry? Open the camera page and tap through the browser’s warning (“Advanced → Continue”). It often works, and asks again next time.',
    'Pressé ? Ouvrez la page caméra et passez l’avertissement du navigateur (« Avancé → Continuer »). Cela marche souvent, et sera redemandé la prochaine fois.',
  ],
} as const;
