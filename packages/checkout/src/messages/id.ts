import type { Messages } from './messages.js';

export const id: Messages = {
  language: 'id',
  name: 'Bahasa Indonesia',
  chooseLanguage: 'Bahasa',
  shop: 'toko',
  payTitle: (amount, merchant) => `Bayar ${amount} ke ${merchant}`,
  stateTitle: (state, merchant) => `${state} · ${merchant}`,
  payTo: 'Bayar ke',
  paidTo: 'Dibayarkan ke',
  amount: 'Jumlah',
  reference: 'Nomor referensi pembayaran',
  orTransfer: 'Atau isi sendiri data transfernya',
  transfer: 'Lakukan transfer bank',
  transferHint: 'Isi berita transfer persis seperti yang tertulis di sini. Kami mengenali pembayaran Anda dari situ.',
  fields: {
    beneficiary: 'Nama penerima',
    iban: 'IBAN',
    account_number: 'Nomor rekening',
    card_number: 'Nomor kartu',
    mobile: 'Nomor ponsel',
    company_number: 'UEN (nomor perusahaan)',
    bank: 'Bank',
    bank_code: 'Kode bank',
    bic: 'BIC',
    amount: 'Jumlah',
    reference: 'Berita transfer',
  },
  channelNames: {},
  scanWith: (channelId, channelName) => {
    if (channelId === 'wechat') return 'Pindai dengan WeChat';
    if (channelId === 'alipay') return 'Pindai dengan Alipay';
    if (channelId === 'promptpay') return 'Pindai dengan aplikasi bank Thailand mana pun';
    if (channelId.startsWith('bank_transfer')) return 'Pindai dengan aplikasi bank Anda';
    return `Pindai dengan aplikasi yang mendukung ${channelName}`;
  },
  openApp: (channel) => `Buka ${channel}`,
  samePhone: 'Membayar dengan ponsel ini? Simpan kodenya, lalu buka dari galeri foto di aplikasi Anda.',
  saveImage: 'Simpan kode sebagai gambar',
  timeLeft: 'Sisa waktu',
  codeOf: (channelName) => `Kode QR ${channelName}`,
  testCode: 'Mode uji: kode ini tidak dapat dibayar',
  testPage: 'Mode uji: tidak ada uang sungguhan yang berpindah',
  checkAgain: 'Periksa lagi',
  noScript: 'Halaman ini tidak diperbarui secara otomatis di peramban Anda.',
  connectionLost: 'Koneksi terputus, mencoba lagi…',
  timeOver: 'Waktu habis. Sedang memeriksa…',
  paidAt: 'Dibayar pada',
  backTo: (merchant) => `Kembali ke ${merchant}`,
  poweredBy: 'Pembayaran melalui ItPay',
  order: 'Pesanan',
  paidWith: 'Dibayar dengan',
  printReceipt: 'Cetak tanda terima',
  codeTrouble: 'Kodenya tidak berfungsi?',
  newCode: 'Tampilkan kode baru',
  newCodeShown: 'Ini adalah kode baru.',
  newCodeFailed: 'Kode baru belum tersedia. Silakan coba lagi sebentar lagi.',
  states: {
    waiting: {
      title: 'Menunggu pembayaran Anda',
      detail: 'Halaman ini akan diperbarui otomatis setelah Anda membayar.',
    },
    scanned: { title: 'Kode telah dipindai', detail: 'Konfirmasikan pembayaran di aplikasi Anda.' },
    preparing: { title: 'Menyiapkan kode Anda', detail: 'Mohon tunggu sebentar.' },
    checking: {
      title: 'Waktu habis',
      detail: 'Kami sedang memeriksa apakah pembayaran Anda sudah masuk. Mohon jangan membayar lagi dengan kode ini.',
    },
    processing: {
      title: 'Mengonfirmasi pembayaran Anda',
      detail: 'Anda tidak perlu melakukan apa pun. Jangan membayar lagi.',
    },
    paid: { title: 'Pembayaran diterima', detail: 'Terima kasih. Anda dapat menutup halaman ini.' },
    expired: {
      title: 'Pembayaran ini telah kedaluwarsa',
      detail: 'Mohon jangan gunakan kode ini lagi. Jika Anda sudah membayar, jangan membayar lagi dan hubungi toko.',
    },
    cancelled: {
      title: 'Pembayaran ini telah dibatalkan',
      detail: 'Mohon jangan gunakan kode ini lagi. Jika Anda sudah membayar, hubungi toko.',
    },
    failed: { title: 'Pembayaran tidak berhasil', detail: 'Kembali ke toko untuk mencoba lagi.' },
    missing: {
      title: 'Kami tidak dapat menampilkan pembayaran ini',
      detail:
        'Tautan tidak lengkap atau sudah kedaluwarsa. Buka kembali tautan lengkapnya, atau minta tautan baru dari toko.',
    },
    locked: {
      title: 'Silakan buka kembali tautan pembayaran',
      detail:
        'Peramban ini belum pernah membuka pembayaran ini, atau sudah terlalu lama. Buka tautan lengkap yang diberikan oleh toko.',
    },
  },
};
